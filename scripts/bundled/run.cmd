@echo off
chcp 65001 >nul
if not exist "%~dp0.venv\Scripts\python.exe" goto missing
if "%~1"=="" goto asked
"%~dp0.venv\Scripts\python.exe" "%~dp0pipeline.py" %*
exit /b %ERRORLEVEL%
:asked
cd /d "%~dp0"
set "PATH=%~dp0;%PATH%"
"%~dp0.venv\Scripts\python.exe" "%~dp0pipeline.py" --help
echo 在下面写：运行 命令，例如：运行 demo 演示
cmd /k
exit /b 0
:missing
echo 还没有安装：请先双击“安装”。
if "%KAOHE_NO_PAUSE%"=="" pause
exit /b 2
