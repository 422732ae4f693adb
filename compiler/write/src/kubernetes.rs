//! Values as Kubernetes has them.

/// The largest text that goes into one object: etcd takes 1.5 MiB, and an object has more than its text.
pub const LARGEST: usize = 900 * 1024;

/// Bytes as a quantity, in the largest binary unit that divides them; at least one byte.
#[must_use]
pub fn quantity(bytes: u64) -> String {
    let units = [("Gi", 1_u64 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];
    match units.into_iter().find(|(_, size)| bytes > 0 && bytes.is_multiple_of(*size)) {
        Some((unit, size)) => format!("{}{unit}", bytes / size),
        None => bytes.max(1).to_string(),
    }
}
