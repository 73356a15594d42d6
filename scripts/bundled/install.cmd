@echo off
chcp 65001 >nul
setlocal
if not exist "%~dp0install.py" goto packed
set "PY="
call :try py -3.13
call :try py -3.12
call :try py -3.11
call :try python
if not defined PY goto nopython
%PY% "%~dp0install.py" %*
set "ENDED=%ERRORLEVEL%"
goto end
:try
if defined PY exit /b 0
%* -c "import struct, sys; sys.exit(struct.calcsize('P') != 8 or sys.version_info[:2] not in ((3, 11), (3, 12), (3, 13)))" >nul 2>nul
if not errorlevel 1 set "PY=%*"
exit /b 0
:nopython
type "%~dp0no-python.txt"
set "ENDED=2"
goto end
:packed
echo 请先把压缩包全部解压到一个文件夹（在压缩包上按右键，选“全部解压缩”），再双击那里的“安装”。
set "ENDED=2"
:end
echo.
if "%KAOHE_NO_PAUSE%"=="" pause
exit /b %ENDED%
