"""What nbval should do otherwise: not compare stderr, and not wait for a kernel that died."""

import time
from queue import Empty

from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell

compare_outputs = IPyNbCell.compare_outputs
await_reply = RunningKernel.await_reply


def compare_all_but_stderr(self, test, ref, *args, **kwargs):
    """TensorFlow's start-up chatter differs between machines and says nothing of a result."""
    test, ref = ([out for out in outs if out.get("name") != "stderr"] for outs in (test, ref))
    return compare_outputs(self, test, ref, *args, **kwargs)


def await_reply_while_alive(self, msg_id, timeout):
    """Look once a second whether the kernel still lives: nbval alone waits the whole timeout."""
    end = time.monotonic() + timeout
    while self.is_alive():
        try:
            return await_reply(self, msg_id, timeout=min(1, timeout))
        except Empty:
            if time.monotonic() >= end:
                raise
    raise RuntimeError("The kernel died while it ran this cell.")


IPyNbCell.compare_outputs = compare_all_but_stderr
RunningKernel.await_reply = await_reply_while_alive
