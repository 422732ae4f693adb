# The first time, ends the runner that started it, as the kernel does when memory is short; the second time, does the work.
if [ ! -e killed ]; then
    touch killed
    kill -9 "$PPID"
fi
cp "$MLP_IN_ROWS" "$MLP_OUT"
