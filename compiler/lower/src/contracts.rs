//! Contracts and metrics, each under a name of its own.

use mlp_analysis::{contracts::Shared, metrics::MetricsInfo, types::Ty};
use mlp_plan::{Artifact, Contract};

use crate::Lowering;

impl Lowering<'_> {
    /// The name of a contract in the plan, which is added where it is new. Two contracts of one name (of two modules, or of two expressions that read alike)
    /// get numbers.
    pub(crate) fn contract(&mut self, info: &Shared) -> String {
        let mut face = info.face.clone();
        self.places(info, &mut face);
        let wanted = face.name.clone();
        let mut number = 1_usize;
        loop {
            let name = if number == 1 { wanted.clone() } else { format!("{wanted} #{number}") };
            match self.plan.contracts.get(&name) {
                Some(known) if same(known, &face) => return name,
                Some(_) => number += 1,
                None => {
                    face.name.clone_from(&name);
                    self.plan.contracts.insert(name.clone(), face);
                    return name;
                }
            }
        }
    }

    fn places(&self, info: &Shared, face: &mut Contract) {
        let mut places = vec![(String::new(), self.place(info.span))];
        for (column, spans) in info.face.columns.iter().zip(&info.columns) {
            places.push((column.name.clone(), self.place(spans.name)));
            // of two constraints of one word the first has the place: of two pairs with one key a map keeps the last
            for (constraint, span) in column.value.constraints.iter().zip(&spans.constraints).rev() {
                places.push((format!("{}#{}", column.name, constraint.word()), self.place(*span)));
            }
        }
        for (word, spans) in
            [("key", &info.rules.keys), ("unique", &info.rules.uniques), ("references", &info.rules.references)]
        {
            for (index, span) in spans.iter().enumerate() {
                places.push((format!("#{}", Contract::nth(word, index)), self.place(*span)));
            }
        }
        for (name, span) in &info.rules.settings {
            places.push((format!("#{name}"), self.place(*span)));
        }
        for (expectation, span) in face.expectations.iter_mut().zip(&info.rules.expectations) {
            expectation.place = self.place(*span);
        }
        for (accepted, span) in face.accepts.iter_mut().zip(&info.rules.accepts) {
            accepted.place = self.place(*span);
        }
        face.places = places.into_iter().collect();
    }

    /// The name of metrics in the plan.
    pub(crate) fn metrics(&mut self, info: &MetricsInfo) -> String {
        let name = info.text();
        self.plan.metrics.entry(name.clone()).or_insert_with(|| info.face.clone());
        name
    }

    /// What travels on an edge.
    pub(crate) fn artifact(&mut self, ty: &Ty) -> Artifact {
        match ty {
            Ty::Table(contract) => Artifact::Table { contract: self.contract(contract) },
            Ty::Model(input, output) => Artifact::Model { input: self.contract(input), output: self.contract(output) },
            Ty::Report(metrics) => Artifact::Report { metrics: self.metrics(metrics) },
            Ty::File(extension) => Artifact::File { extension: extension.clone() },
            Ty::Dir => Artifact::Dir,
            Ty::List(element) => Artifact::List(Box::new(self.artifact(element))),
            Ty::Optional(inner) => self.artifact(inner),
            Ty::Unit | Ty::Value(_) | Ty::Column(..) | Ty::Error => Artifact::Nothing,
        }
    }
}

/// Whether two contracts are the same but for their names.
fn same(a: &Contract, b: &Contract) -> bool {
    a.columns == b.columns
        && a.keys == b.keys
        && a.uniques == b.uniques
        && a.expectations == b.expectations
        && a.references == b.references
        && a.places == b.places
}
