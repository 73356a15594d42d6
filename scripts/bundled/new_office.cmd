@echo off
chcp 65001 >nul
if not exist "%~dp0.venv\Scripts\python.exe" goto missing
cd /d "%~dp0"
"%~dp0.venv\Scripts\python.exe" "%~dp0pipeline.py" init %*
set "ENDED=%ERRORLEVEL%"
goto end
:missing
echo 还没有安装：请先双击“安装”。
set "ENDED=2"
:end
echo.
if "%KAOHE_NO_PAUSE%"=="" pause
exit /b %ENDED%
