//! Memory that is given back.
//!
//! A window lives for hours and opens one experiment after another, each on threads of its own. Left alone, the C library of
//! Linux keeps an arena for every thread there ever was and fills them with holes: 40 MB more after ten experiments, 140 MB
//! after half an hour of use. With one arena, and larger pieces taken from the system and given back to it, it stays level.

/// Above this, a piece of memory comes from the system and goes back to it, in bytes; the library would raise it by itself.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: i32 = 128 * 1024;

/// Tells the allocator so, before any thread is started. Nothing happens where another one is used.
#[allow(unsafe_code)]
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `mallopt` sets numbers of the allocator, under its own lock; what it refuses stays as it was.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
        libc::mallopt(libc::M_TRIM_THRESHOLD, LARGE);
    }
}
