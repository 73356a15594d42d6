#!/bin/sh
# 安装：找到 Python，装到本文件夹的 .venv 里，不连网络。
cd "$(dirname "$0")" || exit 2
for python in python3.13 python3.12 python3.11 python3; do
  if "$python" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12), (3, 13)))' 2>/dev/null; then
    exec "$python" install.py "$@"
  fi
done
cat no-python.txt
exit 2
