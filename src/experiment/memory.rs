//! What this process takes in memory, where the system says.

/// Bytes in memory now; `None` where the system does not say.
pub fn resident() -> Option<u64> {
    named("VmRSS:")
}

/// The most bytes in memory at once so far; `None` where the system does not say.
pub fn peak() -> Option<u64> {
    named("VmHWM:")
}

fn named(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix(name))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_at_least_what_was_once_touched() {
        let bytes = 64 << 20;
        drop(std::hint::black_box(vec![1u8; bytes]));
        let now = resident().unwrap();
        assert!(now > 1 << 20, "{now}");
        assert!(peak().unwrap() >= now.max(bytes as u64));
    }
}
