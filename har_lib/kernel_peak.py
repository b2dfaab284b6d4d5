"""A kernel that tells how much memory it held, when it is shut down."""

from pathlib import Path

from har_lib.kernel import EnvironmentKernel


def peak_bytes(process: int) -> int | None:
    """Most resident memory that a process has had so far, without those that it started.

    Parameters
    ----------
    process : int
        Its number.

    Returns
    -------
    int or None
        None where the system does not say: Linux does, others do not.

    Examples
    --------
    >>> peak_bytes(-1)
    """
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")]
    return found[0] if found else None


def telling_kernel(peaks: list[int]) -> type[EnvironmentKernel]:
    """A kernel's class; each kernel puts its peak into ``peaks`` before it is shut down.

    A kernel that has died puts nothing.
    """

    class TellingKernel(EnvironmentKernel):
        async def _async_request_shutdown(self, restart: bool = False) -> None:
            # While the process is still there: afterwards the system has forgotten it.
            if (peak := peak_bytes(getattr(self.provisioner, "pid", None) or -1)) is not None:
                peaks.append(peak)
            await super()._async_request_shutdown(restart)

    return TellingKernel
