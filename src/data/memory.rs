//! What this process takes in memory, and what is left to it, where the system says.

use std::path::Path;

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
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let left = left_in_groups(Path::new("/sys/fs/cgroup"), &groups);
    Some(left.map_or(free, |left| left.min(free)))
}

/// What the control groups of a process leave it: of the group and of all above it the least. What a group holds of files is given back
/// when it is needed, and does not count. `None` where none has a limit.
fn left_in_groups(root: &Path, groups: &str) -> Option<u64> {
    let mut least: Option<u64> = None;
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let (root, [most, now, files]) = match controllers {
            "" => (root.to_owned(), ["memory.max", "memory.current", "file"]),
            c if c.split(',').any(|c| c == "memory") => (
                root.join("memory"),
                [
                    "memory.limit_in_bytes",
                    "memory.usage_in_bytes",
                    "total_cache",
                ],
            ),
            _ => continue,
        };
        let own = root.join(path.trim_start_matches('/'));
        // Inside a container the path may be that of the machine outside: what is not there is passed over.
        for group in own.ancestors().take_while(|g| g.starts_with(&root)) {
            let number = |file: &str| -> Option<u64> {
                let text = std::fs::read_to_string(group.join(file)).ok()?;
                text.trim().parse().ok()
            };
            let (Some(most), Some(now)) = (number(most), number(now)) else {
                continue;
            };
            let stat = std::fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
            let cached = stat.lines().find_map(|line| {
                let (key, value) = line.split_once(' ')?;
                (key == files).then(|| value.trim().parse::<u64>().ok())?
            });
            let left = most.saturating_sub(now.saturating_sub(cached.unwrap_or(0)));
            least = Some(least.map_or(left, |l| l.min(left)));
        }
    }
    least
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

    #[test]
    fn the_tightest_group_counts_and_its_files_do_not() {
        let root = tempfile::tempdir().unwrap();
        let put = |file: &str, text: &str| {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let left = |groups| left_in_groups(root.path(), groups);
        assert_eq!(left("0::/\n"), None);
        put("a/memory.max", "1000\n");
        put("a/memory.current", "700\n");
        put("a/memory.stat", "anon 300\nfile 250\n");
        put("a/b/memory.max", "max\n");
        put("a/b/memory.current", "100\n");
        assert_eq!(left("0::/a/b\n"), Some(550));
        put("a/b/memory.max", "500\n");
        assert_eq!(left("0::/a/b\n"), Some(400));
        assert_eq!(left("0::/elsewhere\n"), None);
        // The older kind, beside others.
        put("memory/c/memory.limit_in_bytes", "90\n");
        put("memory/c/memory.usage_in_bytes", "50\n");
        assert_eq!(left("4:cpu:/x\n3:memory:/c\n0::/a\n"), Some(40));
    }
}
