//! Names in queries: which tables and columns there are, and what each SELECT gives.

use datafusion::sql::sqlparser::ast::{
    ExcludeSelectItem, Expr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, OrderByKind, Query,
    Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, SetQuantifier, TableAlias, TableAliasColumnDef,
    TableFactor, TableWithJoins, WildcardAdditionalOptions,
};
use mlp_ports::SqlSymbol;

use super::{
    Names, Role, Star,
    exprs::Beside,
    read,
    scope::{Column, Scope, Table},
};

impl Names<'_> {
    /// The names in a query; answers the columns that it gives. Only of the outermost are they those of the stage.
    pub(super) fn query(&mut self, query: &Query, around: &Scope<'_>, is_outermost: bool) -> Vec<Column> {
        let mut with = around.with.to_vec();
        for table in query.with.iter().flat_map(|with| &with.cte_tables) {
            let inside = Scope { with: &with, ..*around };
            let columns = self.query(&table.query, &inside, false);
            let symbol = self.own(&table.alias.name);
            let columns = self.renamed_columns(columns, &table.alias.columns);
            let name = Some(read(&table.alias.name));
            let written = Some(table.alias.name.to_string());
            with.insert(0, Table { name, written, symbol, columns, is_open: false });
        }
        let inside = Scope { with: &with, ..*around };
        let order = query.order_by.as_ref().map(|order| &order.kind);
        self.body(&query.body, order, &inside, is_outermost)
    }

    fn body(
        &mut self,
        body: &SetExpr,
        order: Option<&OrderByKind>,
        around: &Scope<'_>,
        is_outermost: bool,
    ) -> Vec<Column> {
        let columns = match body {
            SetExpr::Select(select) => return self.select(select, order, around, is_outermost),
            SetExpr::Query(query) => self.query(query, around, is_outermost),
            SetExpr::SetOperation { left, right, set_quantifier, .. } => {
                self.by_name |= matches!(
                    set_quantifier,
                    SetQuantifier::ByName | SetQuantifier::AllByName | SetQuantifier::DistinctByName
                );
                let columns = self.body(left, None, around, is_outermost);
                // the first of them names the columns
                self.body(right, None, around, false);
                columns
            }
            SetExpr::Values(values) => {
                self.exprs(values, around, Beside::NOTHING);
                let first = values.rows.first().map_or(0, |row| row.content.len());
                (1..=first)
                    .map(|number| Column { name: format!("column{number}"), symbol: None, is_said: false })
                    .collect()
            }
            _ => Vec::new(),
        };
        self.order(order, around, &columns, is_outermost);
        columns
    }

    fn order(&mut self, order: Option<&OrderByKind>, scope: &Scope<'_>, columns: &[Column], is_outermost: bool) {
        if let Some(OrderByKind::Expressions(exprs)) = order {
            self.exprs(exprs, scope, Beside { columns, is_outermost, first: true });
        }
    }

    fn select(
        &mut self,
        select: &Select,
        order: Option<&OrderByKind>,
        around: &Scope<'_>,
        is_outermost: bool,
    ) -> Vec<Column> {
        let mut tables = Vec::new();
        for joined in &select.from {
            self.joined(joined, &mut tables, around);
        }
        let scope = Scope { tables: &tables, with: around.with, outer: Some(around) };
        let mut columns = Vec::new();
        for item in &select.projection {
            self.item(item, &scope, is_outermost, &mut columns);
        }
        self.exprs(&select.distinct, &scope, Beside::NOTHING);
        self.exprs(&select.selection, &scope, Beside::NOTHING);
        self.exprs(&select.named_window, &scope, Beside::NOTHING);
        self.exprs(&select.sort_by, &scope, Beside::NOTHING);
        let beside = Beside { columns: &columns, is_outermost, first: false };
        self.exprs(&select.group_by, &scope, beside);
        self.exprs(&select.having, &scope, beside);
        self.exprs(&select.qualify, &scope, beside);
        self.order(order, &scope, &columns, is_outermost);
        columns
    }

    fn item(&mut self, item: &SelectItem, scope: &Scope<'_>, is_outermost: bool, columns: &mut Vec<Column>) {
        match item {
            SelectItem::UnnamedExpr(expr) => columns.push(self.passed(expr, scope, is_outermost)),
            SelectItem::ExprWithAlias { expr, alias } => {
                self.exprs(expr, scope, Beside::NOTHING);
                let name = read(alias);
                let symbol = if is_outermost {
                    let symbol = SqlSymbol::Output(name.clone());
                    self.plain(alias, symbol.clone());
                    Some(symbol)
                } else {
                    self.own(alias)
                };
                columns.push(Column { name, symbol, is_said: true });
            }
            SelectItem::ExprWithAliases { expr, .. } => self.exprs(expr, scope, Beside::NOTHING),
            SelectItem::Wildcard(options) => {
                let at = self.text.range(options.wildcard_token.0.span);
                self.star(at, scope.tables, options, is_outermost, columns);
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                let Some(ident) = only(name) else { return };
                let Some(table) = scope.table(&read(ident)) else { return };
                if let Some(symbol) = table.symbol.clone() {
                    self.plain(ident, symbol);
                }
                let start = self.text.range(ident.span).map(|(start, _)| start);
                let end = self.text.range(options.wildcard_token.0.span).map(|(_, end)| end);
                self.star(start.zip(end), std::slice::from_ref(table), options, is_outermost, columns);
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => {
                self.exprs(expr, scope, Beside::NOTHING);
            }
        }
    }

    /// An expression without `as`: a column alone is given on under its name.
    fn passed(&mut self, expr: &Expr, scope: &Scope<'_>, is_outermost: bool) -> Column {
        let before = self.found.len();
        let (ident, symbol) = match expr {
            Expr::Identifier(ident) => (Some(ident), self.column(ident, scope).into_iter().next()),
            Expr::CompoundIdentifier(parts) => (parts.last(), self.path(parts, scope)),
            other => {
                self.exprs(other, scope, Beside::NOTHING);
                (None, None)
            }
        };
        let name = ident.map(read).unwrap_or_default();
        if let (Some(ident), Some(of), true) = (ident, symbol.clone(), is_outermost) {
            let at = self.place(ident);
            for found in self.found.iter_mut().skip(before).filter(|found| Some(found.at) == at) {
                found.role = Role::Passed(name.clone());
            }
            self.push(ident, SqlSymbol::Output(name.clone()), Role::Given(of), None);
        }
        Column { name, symbol, is_said: false }
    }

    /// `*`: the columns of tables, without those that are left out behind it.
    fn star(
        &mut self,
        at: Option<(usize, usize)>,
        tables: &[Table],
        options: &WildcardAdditionalOptions,
        is_outermost: bool,
        columns: &mut Vec<Column>,
    ) {
        let except = options
            .opt_except
            .iter()
            .flat_map(|except| std::iter::once(&except.first_element).chain(&except.additional_elements));
        let exclude: Vec<&ObjectName> = match &options.opt_exclude {
            Some(ExcludeSelectItem::Single(name)) => vec![name],
            Some(ExcludeSelectItem::Multiple(names)) => names.iter().collect(),
            None => Vec::new(),
        };
        let out: Vec<&Ident> = except.chain(exclude.into_iter().filter_map(only)).collect();
        for ident in &out {
            let name = read(ident);
            let all = tables.iter().flat_map(|table| &table.columns).filter(|column| column.name == name);
            for symbol in all.filter_map(|column| column.symbol.clone()).collect::<Vec<_>>() {
                self.plain(ident, symbol);
            }
        }
        let is_plain = out.is_empty() && options.opt_replace.is_none() && options.opt_rename.is_none();
        let several = tables.len() > 1;
        let mut given: Vec<(Option<String>, Column)> = Vec::new();
        for table in tables {
            for column in table.columns.iter().filter(|column| !out.iter().any(|ident| read(ident) == column.name)) {
                let written = table.written.clone().filter(|_| several);
                given.push((written, Column { is_said: false, ..column.clone() }));
            }
        }
        columns.extend(given.iter().map(|(_, column)| column.clone()));
        if is_outermost {
            let is_whole = is_plain && !tables.iter().any(|table| table.is_open);
            self.stars.push(Star { at: at.filter(|_| is_whole), columns: given });
        }
    }

    fn joined(&mut self, joined: &TableWithJoins, tables: &mut Vec<Table>, around: &Scope<'_>) {
        self.factor(&joined.relation, tables, around);
        for Join { relation, join_operator, .. } in &joined.joins {
            self.factor(relation, tables, around);
            let scope = Scope { tables, with: around.with, outer: Some(around) };
            match constraint(join_operator) {
                Some(JoinConstraint::On(expr)) => self.exprs(expr, &scope, Beside::NOTHING),
                Some(JoinConstraint::Using(names)) => {
                    for ident in names.iter().filter_map(only) {
                        self.column(ident, &scope);
                    }
                }
                Some(JoinConstraint::Natural) => self.by_name = true,
                Some(JoinConstraint::None) | None => {}
            }
        }
    }

    fn factor(&mut self, factor: &TableFactor, tables: &mut Vec<Table>, around: &Scope<'_>) {
        let beside = Scope { tables, with: around.with, outer: Some(around) };
        let table = match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let Some(ident) = only(name) else { return };
                let named = read(ident);
                let known = around.with.iter().find(|table| table.name.as_ref() == Some(&named)).cloned();
                let table = known.or_else(|| self.input(ident, &named));
                let table = table.unwrap_or(Table {
                    name: Some(named),
                    written: Some(ident.to_string()),
                    symbol: None,
                    columns: Vec::new(),
                    is_open: true,
                });
                if let Some(symbol) = table.symbol.clone() {
                    self.plain(ident, symbol);
                }
                self.aliased(table, alias.as_ref())
            }
            TableFactor::Derived { lateral, subquery, alias, .. } => {
                let columns = self.query(subquery, if *lateral { &beside } else { around }, false);
                let table = Table { name: None, written: None, symbol: None, columns, is_open: false };
                self.aliased(table, alias.as_ref())
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                return self.joined(table_with_joins, tables, around);
            }
            other => {
                let alias = match other {
                    TableFactor::UNNEST { alias, array_exprs, .. } => {
                        self.exprs(array_exprs, &beside, Beside::NOTHING);
                        alias.as_ref()
                    }
                    TableFactor::Table { alias, .. }
                    | TableFactor::TableFunction { alias, .. }
                    | TableFactor::Function { alias, .. } => alias.as_ref(),
                    _ => None,
                };
                let table = Table { name: None, written: None, symbol: None, columns: Vec::new(), is_open: true };
                self.aliased(table, alias)
            }
        };
        tables.push(table);
    }

    /// An input of the stage.
    fn input(&self, ident: &Ident, name: &str) -> Option<Table> {
        let (number, input) = self.inputs.iter().enumerate().find(|(_, input)| input.name == name)?;
        let columns = input.columns.iter().enumerate().map(|(at, column)| Column {
            name: column.name.clone(),
            symbol: Some(SqlSymbol::Column(number, at)),
            is_said: false,
        });
        let symbol = Some(SqlSymbol::Table(number));
        let (name, written) = (Some(name.to_owned()), Some(ident.to_string()));
        Some(Table { name, written, symbol, columns: columns.collect(), is_open: false })
    }

    /// A table under another name.
    fn aliased(&mut self, table: Table, alias: Option<&TableAlias>) -> Table {
        let Some(alias) = alias else { return table };
        let symbol = self.own(&alias.name);
        let columns = self.renamed_columns(table.columns, &alias.columns);
        Table { name: Some(read(&alias.name)), written: Some(alias.name.to_string()), symbol, columns, ..table }
    }

    /// Columns under other names, as in `t(a, b)`.
    fn renamed_columns(&mut self, mut columns: Vec<Column>, names: &[TableAliasColumnDef]) -> Vec<Column> {
        for (at, TableAliasColumnDef { name, .. }) in names.iter().enumerate() {
            let column = Column { name: read(name), symbol: self.own(name), is_said: true };
            match columns.get_mut(at) {
                Some(known) => *known = column,
                None => columns.push(column),
            }
        }
        columns
    }
}

/// A name without dots.
fn only(name: &ObjectName) -> Option<&Ident> {
    match name.0.as_slice() {
        [ObjectNamePart::Identifier(ident)] => Some(ident),
        _ => None,
    }
}

const fn constraint(join: &JoinOperator) -> Option<&JoinConstraint> {
    match join {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::CrossJoin(constraint)
        | JoinOperator::Semi(constraint)
        | JoinOperator::LeftSemi(constraint)
        | JoinOperator::RightSemi(constraint)
        | JoinOperator::Anti(constraint)
        | JoinOperator::LeftAnti(constraint)
        | JoinOperator::RightAnti(constraint)
        | JoinOperator::StraightJoin(constraint) => Some(constraint),
        JoinOperator::AsOf { constraint, .. } => Some(constraint),
        JoinOperator::CrossApply
        | JoinOperator::OuterApply
        | JoinOperator::ArrayJoin
        | JoinOperator::LeftArrayJoin
        | JoinOperator::InnerArrayJoin => None,
    }
}
