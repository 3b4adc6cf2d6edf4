"""What is a script: files in, text out; then word ids, windows and rows."""
