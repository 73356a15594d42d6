#!/bin/sh
# 运行：./运行.sh 命令，例如 ./运行.sh demo 演示
here="$(cd "$(dirname "$0")" && pwd)"
if [ ! -x "$here/.venv/bin/python" ]; then
  echo '还没有安装：请先执行 ./安装.sh'
  exit 2
fi
exec "$here/.venv/bin/python" "$here/pipeline.py" "$@"
