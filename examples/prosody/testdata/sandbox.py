"""Runs a program under the system call rules of a systemd unit, without systemd.

    sandbox.py FAMILY,FAMILY… CALL,CALL… program argument…

What systemd does with seccomp for RestrictAddressFamilies, MemoryDenyWriteExecute and
SystemCallFilter with SystemCallErrorNumber=EPERM is done here by the same library.
"""
import ctypes, errno, os, socket, sys

ALLOW, NR_SET_NNP = 0x7FFF0000, 38
EQ, MASKED_EQ = 4, 7
WRITE, EXEC = 2, 4


class Compare(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


lib = ctypes.CDLL("libseccomp.so.2", use_errno=True)
lib.seccomp_init.restype = ctypes.c_void_p


def refuse(number):
    return 0x00050000 | number


def must(result, what):
    if result != 0:
        sys.exit(f"sandbox.py: {what}: {os.strerror(-result)}")


class Filter:
    def __init__(self, otherwise):
        self.ctx = ctypes.c_void_p(lib.seccomp_init(ctypes.c_uint32(otherwise)))

    def rule(self, action, call, *compare):
        number = lib.seccomp_syscall_resolve_name(call.encode())
        if number < 0:  # not on this processor: systemd passes over it, too
            return
        must(lib.seccomp_rule_add_array(self.ctx, ctypes.c_uint32(action), number, len(compare),
                                        (Compare * len(compare))(*compare)), call)

    def load(self):
        must(lib.seccomp_load(self.ctx), "seccomp_load")


families, calls, program = sys.argv[1].split(","), sys.argv[2].split(","), sys.argv[3:]
must(ctypes.CDLL(None).prctl(NR_SET_NNP, 1, 0, 0, 0), "prctl")

deny = Filter(ALLOW)
allowed = [getattr(socket, name) for name in families]
for family in range(64):
    if family not in allowed:
        deny.rule(refuse(errno.EAFNOSUPPORT), "socket", Compare(0, EQ, family))
deny.rule(refuse(errno.EPERM), "mmap", Compare(2, MASKED_EQ, WRITE | EXEC, WRITE | EXEC))
deny.rule(refuse(errno.EPERM), "mprotect", Compare(2, MASKED_EQ, EXEC, EXEC))
deny.rule(refuse(errno.EPERM), "pkey_mprotect", Compare(2, MASKED_EQ, EXEC, EXEC))
deny.load()

only = Filter(refuse(errno.EPERM))
for call in calls:
    only.rule(ALLOW, call)
only.load()
os.execv(program[0], program)
