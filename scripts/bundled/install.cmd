@echo off
chcp 65001 >nul
setlocal
cd /d "%~dp0"
if not exist "install.py" goto packed
set "PY="
for %%V in (3.13 3.12 3.11) do if not defined PY py -%%V -c "import struct, sys; sys.exit(struct.calcsize('P') != 8)" >nul 2>nul && set "PY=py -%%V"
if not defined PY python -c "import struct, sys; sys.exit(struct.calcsize('P') != 8 or sys.version_info[:2] not in ((3, 11), (3, 12), (3, 13)))" >nul 2>nul && set "PY=python"
if not defined PY goto nopython
%PY% install.py %*
set "ENDED=%ERRORLEVEL%"
goto end
:nopython
type "no-python.txt"
set "ENDED=2"
goto end
:packed
echo 请先把压缩包全部解压到一个文件夹（在压缩包上按右键，选“全部解压缩”），再双击那里的“安装”。
set "ENDED=2"
:end
echo.
if "%KAOHE_NO_PAUSE%"=="" pause
exit /b %ENDED%
