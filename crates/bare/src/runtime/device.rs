//! On a Cortex-M without any system: what comes out of reset, and a debugger to write to (Arm, "Semihosting for AArch32 and
//! AArch64"). QEMU plays both (`just thumb`).
//!
//! The image is loaded into memory as it is, with its data in place and the rest zero, so nothing is copied at the start. One that
//! is flashed copies `.data` and clears `.bss` here.

use core::arch::asm;
use core::fmt::{self, Write};

unsafe extern "C" {
    /// Where the stack begins, from device.x. Only its address means something.
    static stack_top: u8;
}

/// The first two words of the vector table (Armv7-M Architecture Reference Manual, B1.5.3). The rest are interrupts and faults: a
/// fault that has no handler locks the processor up, and QEMU ends with an error.
#[repr(C)]
struct Vectors {
    stack: &'static u8,
    reset: extern "C" fn() -> !,
}

// SAFETY: `stack_top` is an address that the linker gives; nothing is ever read there.
#[unsafe(link_section = ".vectors")]
#[used]
static VECTORS: Vectors = Vectors { stack: unsafe { &stack_top }, reset };

// SAFETY: nothing else is called `reset`, which device.x names.
#[unsafe(no_mangle)]
extern "C" fn reset() -> ! {
    match crate::main() {
        0 => exit(APPLICATION_EXIT),
        _ => exit(RUN_TIME_ERROR),
    }
}

pub(super) fn abort() -> ! {
    exit(RUN_TIME_ERROR)
}

/// The operations that are asked of the debugger.
const SYS_WRITEC: usize = 0x03;
const SYS_EXIT: usize = 0x18;
/// Why it ends: only the first is a success.
const APPLICATION_EXIT: usize = 0x2_0026;
const RUN_TIME_ERROR: usize = 0x2_0023;

fn exit(reason: usize) -> ! {
    loop {
        // SAFETY: SYS_EXIT takes its reason by value.
        unsafe { call(SYS_EXIT, reason) };
    }
}

/// # Safety
/// `argument` has to be what `operation` takes: a value, or a pointer to what it reads.
unsafe fn call(operation: usize, argument: usize) {
    // SAFETY: the debugger reads what `argument` stands for, which the caller vouches for, and leaves its result in r0.
    unsafe { asm!("bkpt 0xab", inout("r0") operation => _, in("r1") argument, options(nostack)) };
}

/// The debugger's console, for results and errors.
pub(crate) struct Console;

/// Where results go.
pub(crate) const STDOUT: Console = Console;
/// Where errors go.
pub(crate) const STDERR: Console = Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SAFETY: SYS_WRITEC reads one byte at the address, where there is one.
            unsafe { call(SYS_WRITEC, (&raw const byte).addr()) };
        }
        Ok(())
    }
}
