//! What this process takes in memory, where the system says.

/// Bytes in memory now; `None` where the system does not say.
pub fn resident() -> Option<u64> {
    named("VmRSS:")
}

/// The most bytes in memory at once so far; `None` where the system does not say.
pub fn peak() -> Option<u64> {
    named("VmHWM:")
}

/// Bytes that this process can still take without others being put out; `None` where the system does not say.
pub fn available() -> Option<u64> {
    let free = read("/proc/meminfo", "MemAvailable:")?;
    // A container may have less than the machine. Its file holds "max" where it has not.
    let own = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let own = own.and_then(|text| text.trim().parse::<u64>().ok());
    let left = own.map(|most| most.saturating_sub(resident().unwrap_or(0)));
    Some(left.map_or(free, |left| left.min(free)))
}

fn named(name: &str) -> Option<u64> {
    read("/proc/self/status", name)
}

fn read(file: &str, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(file).ok()?;
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
        assert!(available().unwrap() > 0);
    }
}
