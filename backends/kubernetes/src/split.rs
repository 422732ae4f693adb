//! Cutting a DAG into parts that each fit into one template, so that the parts form a DAG again.

/// Argo's cap on the tasks of a DAG, and on the templates of an object.
pub const CAP: usize = 200;

/// What each of `reads` (the indices below its own that it needs) goes to: parts of at most `cap`, none of which needs a later one.
///
/// Parts of the graph that have nothing to do with each other are kept apart; only what is larger than a part is cut, along the order of the plan.
pub fn parts(reads: &[Vec<usize>], cap: usize) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = Vec::new();
    let mut open: Option<usize> = None;
    for component in components(reads) {
        if component.len() > cap {
            found.extend(component.chunks(cap).map(<[usize]>::to_vec));
            continue;
        }
        let room = open.and_then(|at| found.get_mut(at)).filter(|part| part.len() + component.len() <= cap);
        if let Some(part) = room {
            part.extend(component);
        } else {
            open = Some(found.len());
            found.push(component);
        }
    }
    found
}

/// Weakly connected components, in the order of their first members, each sorted.
fn components(reads: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut heads: Vec<usize> = (0..reads.len()).collect();
    for (at, from) in reads.iter().enumerate() {
        for other in from.iter().filter(|other| **other < at) {
            let (a, b) = (head(&mut heads, at), head(&mut heads, *other));
            set(&mut heads, a.max(b), a.min(b));
        }
    }
    let mut found: Vec<Vec<usize>> = vec![Vec::new(); reads.len()];
    for at in 0..reads.len() {
        let head = head(&mut heads, at);
        if let Some(component) = found.get_mut(head) {
            component.push(at);
        }
    }
    found.retain(|component| !component.is_empty());
    found
}

fn head(heads: &mut [usize], mut at: usize) -> usize {
    while let Some(next) = heads.get(at).copied().filter(|next| *next != at) {
        let far = heads.get(next).copied().unwrap_or(next);
        set(heads, at, far);
        at = next;
    }
    at
}

fn set(heads: &mut [usize], at: usize, to: usize) {
    if let Some(slot) = heads.get_mut(at) {
        *slot = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_dag() -> impl Strategy<Value = Vec<Vec<usize>>> {
        let node = |n: usize| if n == 0 { Just(Vec::new()).boxed() } else { prop::collection::vec(0..n, 0..3).boxed() };
        (1_usize..120).prop_flat_map(move |count| (0..count).map(node).collect::<Vec<_>>())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn every_node_has_one_part_and_no_part_needs_a_later_one(reads in any_dag(), cap in 1_usize..20) {
            let parts = parts(&reads, cap);
            prop_assert!(parts.iter().all(|part| !part.is_empty() && part.len() <= cap));
            let mut home = vec![usize::MAX; reads.len()];
            for (at, part) in parts.iter().enumerate() {
                for node in part {
                    prop_assert_eq!(home[*node], usize::MAX);
                    home[*node] = at;
                }
            }
            for (node, from) in reads.iter().enumerate() {
                prop_assert!(from.iter().all(|other| home[*other] <= home[node]));
            }
        }
    }

    #[test]
    fn what_is_apart_stays_apart() {
        let reads: Vec<Vec<usize>> = (0..12).map(|n: usize| if n < 4 { vec![] } else { vec![n - 4] }).collect();
        assert_eq!(parts(&reads, 7), [vec![0, 4, 8, 1, 5, 9], vec![2, 6, 10, 3, 7, 11]]);
    }
}
