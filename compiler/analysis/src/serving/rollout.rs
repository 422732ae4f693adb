//! How many copies, how many requests, and how a new version takes over.

use mlp_diagnostics::catalog::names;
use mlp_plan::{Literal, Replicas, Rollout, RolloutStep, Traffic};
use mlp_syntax::tree::{Arg, Expr, ExprKind};

use super::deployment::positive;
use crate::{checker::Checker, literals, scope::nearest};

const ROLLOUTS: [&str; 4] = ["canary", "blue_green", "shadow", "all_at_once"];

impl Checker<'_> {
    /// `replicas = 2 .. 10`, or `replicas = 3`.
    pub(crate) fn replicas(&mut self, value: &Expr) -> Option<Replicas> {
        let read = |expr: &Expr| positive(literals::literal(expr));
        let found = match &value.kind {
            ExprKind::Range { low: Some(low), high: Some(high) } => read(low).zip(read(high)),
            _ => read(value).map(|count| (count, count)),
        };
        match found {
            Some((min, max)) if min <= max => Some(Replicas { min, max }),
            _ => {
                self.misfits(value, "replicas", "a number of copies, or a rising range such as `2 .. 10`");
                None
            }
        }
    }

    /// `traffic = rate(50, per: 1s)`.
    pub(super) fn traffic(&mut self, value: &Expr) -> Option<Traffic> {
        let found = match &value.kind {
            ExprKind::Call { callee, args } if matches!(&callee.kind, ExprKind::Name(name) if name.text == "rate") => {
                match args.as_slice() {
                    [Arg { name: None, value: requests }, Arg { name: Some(per), value: time }]
                        if per.text == "per" =>
                    {
                        literals::literal(requests).zip(literals::literal(time))
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        match found {
            Some((requests @ Literal::Number(_), Literal::Duration(per)))
                if per > 0 && requests.as_f64().is_some_and(|requests| requests > 0.0) =>
            {
                Some(Traffic { requests, per })
            }
            _ => {
                self.misfits(value, "traffic", "a rate such as `rate(50, per: 1s)`");
                None
            }
        }
    }

    /// `canary [5% for 10min, 100%]`, `blue_green [10min]`, `shadow [10% for 1d]`, `all_at_once`.
    pub(super) fn rollout(&mut self, value: &Expr) -> Option<Rollout> {
        let (name, list) = match &value.kind {
            ExprKind::Name(name) => (name, None),
            ExprKind::Call { callee, args } => match (&callee.kind, args.as_slice()) {
                (ExprKind::Name(name), [Arg { value: Expr { kind: ExprKind::List(items), .. }, .. }]) => {
                    (name, Some(items))
                }
                _ => return self.no_rollout(value),
            },
            _ => return self.no_rollout(value),
        };
        match (name.text.as_str(), list) {
            ("canary", Some(items)) if !items.is_empty() => self.steps(items).map(Rollout::Canary),
            ("shadow", Some(items)) if !items.is_empty() => self.steps(items).map(Rollout::Shadow),
            ("blue_green", None) => Some(Rollout::BlueGreen { hold: None }),
            ("blue_green", Some(items)) => match items.as_slice() {
                [hold] => Some(Rollout::BlueGreen { hold: self.duration(hold, "rollout") }),
                _ => self.no_rollout(value),
            },
            ("all_at_once", None) => Some(Rollout::AllAtOnce),
            (known, _) if ROLLOUTS.contains(&known) => self.no_rollout(value),
            (other, _) => {
                let near = nearest(other, ROLLOUTS);
                self.report(names::unknown(name.span, "rollout", other, near.as_deref()));
                None
            }
        }
    }

    /// `5% for 10min`, or `100%` for good; a step that is not one was reported.
    fn steps(&mut self, items: &[Expr]) -> Option<Vec<RolloutStep>> {
        items.iter().map(|item| self.step(item)).collect()
    }

    fn step(&mut self, item: &Expr) -> Option<RolloutStep> {
        let (share, hold) = match &item.kind {
            ExprKind::Step(share, hold) => (&**share, Some(self.duration(hold, "rollout")?)),
            _ => (item, None),
        };
        match literals::literal(share) {
            Some(literal) if literal.as_f64().is_some_and(|share| share > 0.0 && share <= 1.0) => {
                Some(RolloutStep { share: literal, hold })
            }
            _ => {
                self.misfits(share, "rollout", "a share of the requests such as `5%`");
                None
            }
        }
    }

    fn no_rollout<T>(&mut self, value: &Expr) -> Option<T> {
        self.misfits(
            value,
            "rollout",
            "`canary [5% for 10min, 100%]`, `blue_green [10min]`, `shadow [10% for 1d]` or `all_at_once`",
        );
        None
    }
}
