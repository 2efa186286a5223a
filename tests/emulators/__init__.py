"""Exact Online and Power BI as strict local twins; nothing here imports the product.

Both emulators are built from the same few shared parts:

- `serve`: the command line, and one process with a data port and a control port (`serve.run(build)`).
- `ready`: the file that tells others where the emulator listens and which secrets it made.
- `clock`: the time that vendor windows are measured in (`clock.window(60)`), moved on by the control port.
- `faults`: what goes wrong when, ordered at the control port; each data route asks `faults.take(route, ...)`.
- `wire`: answers that break a connection or a body off, and lists of JSON lines.
- `control`: the control routes that both emulators have.
"""
