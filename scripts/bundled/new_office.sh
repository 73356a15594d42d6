#!/bin/sh
# 新建办公文件夹：回答几个问题。
exec "$(dirname "$0")/运行.sh" init "$@"
