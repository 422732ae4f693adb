//! Links the binary at a fixed address. Moving one of this size to a random place at every start means writing to a thousand of its pages, which takes longer
//! than checking a small package; there is no unsafe code of ours whose faults a random place would have to blunt.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
