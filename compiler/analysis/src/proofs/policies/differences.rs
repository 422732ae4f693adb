//! Systems of bounds on differences, `a - b <= c`: whether they can hold together, and what follows from them.
//!
//! The bounds are the edges of a graph; they hold together unless it has a negative cycle, and imply `a - b <= c` where the shortest way from b to a is
//! at most c (Bellman-Ford; Cormen et al., Introduction to Algorithms, "Difference constraints and shortest paths").

/// The node that stands for the number 0.
pub(super) const ZERO: usize = 0;

/// `left - right <= bound`, or `<` where strict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    pub left: usize,
    pub right: usize,
    pub bound: i128,
    pub strict: bool,
}

impl Limit {
    /// The length of its edge: how many strict bounds are on a way breaks ties.
    const fn length(self) -> Length {
        (self.bound, if self.strict { -1 } else { 0 })
    }
}

type Length = (i128, i64);

/// Bounds that hold together, or not.
#[derive(Clone, Debug, Default)]
pub(super) struct System {
    limits: Vec<Limit>,
}

impl System {
    pub(super) fn add(&mut self, limits: impl IntoIterator<Item = Limit>) {
        self.limits.extend(limits);
    }

    /// Whether some numbers satisfy all bounds.
    pub(super) fn is_satisfiable(&self) -> bool {
        self.shortest(vec![Some((0, 0)); self.nodes()]).is_some()
    }

    /// Whether every solution satisfies a bound, too.
    pub(super) fn implies(&self, limit: Limit) -> bool {
        self.bound(limit.left, limit.right).is_some_and(|length| length <= limit.length())
    }

    /// The smallest c for which `left - right <= c` follows; `None` where there is none.
    pub(super) fn bound(&self, left: usize, right: usize) -> Option<(i128, i64)> {
        let mut start = vec![None; self.nodes().max(left.max(right) + 1)];
        if let Some(from) = start.get_mut(right) {
            *from = Some((0, 0));
        }
        self.shortest(start)?.get(left).copied().flatten()
    }

    fn nodes(&self) -> usize {
        self.limits.iter().map(|limit| limit.left.max(limit.right) + 1).max().unwrap_or(1)
    }

    /// The lengths of the shortest ways from where `lengths` are known; `None` where a cycle gets ever shorter.
    fn shortest(&self, mut lengths: Vec<Option<Length>>) -> Option<Vec<Option<Length>>> {
        for _ in 0..=lengths.len() {
            let mut changed = false;
            for limit in &self.limits {
                let Some(from) = lengths.get(limit.right).copied().flatten() else { continue };
                let edge = limit.length();
                // a bound beyond all numbers is none
                let Some(bound) = from.0.checked_add(edge.0) else { continue };
                let way = (bound, from.1 + edge.1);
                if let Some(to) = lengths.get_mut(limit.left)
                    && to.is_none_or(|known| way < known)
                {
                    *to = Some(way);
                    changed = true;
                }
            }
            if !changed {
                return Some(lengths);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at_most(left: usize, right: usize, bound: i128) -> Limit {
        Limit { left, right, bound, strict: false }
    }

    fn system(limits: &[Limit]) -> System {
        let mut system = System::default();
        system.add(limits.iter().copied());
        system
    }

    #[test]
    fn bounds_add_up() {
        // a <= 5, b - a <= 2
        let system = system(&[at_most(1, ZERO, 5), at_most(2, 1, 2)]);
        assert!(system.is_satisfiable());
        assert!(system.implies(at_most(2, ZERO, 7)));
        assert!(!system.implies(at_most(2, ZERO, 6)));
        assert!(!system.implies(at_most(ZERO, 2, 0)));
    }

    #[test]
    fn strict_bounds_break_ties() {
        let below = Limit { strict: true, ..at_most(1, ZERO, 5) };
        assert!(system(&[at_most(1, ZERO, 5), at_most(ZERO, 1, -5)]).is_satisfiable());
        assert!(!system(&[below, at_most(ZERO, 1, -5)]).is_satisfiable());
        assert!(system(&[below]).implies(at_most(1, ZERO, 5)));
        assert!(!system(&[at_most(1, ZERO, 5)]).implies(below));
    }
}
