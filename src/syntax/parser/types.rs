//! Types and typed names.
//!
//! Must not know which types exist. Tests: `tests.rs`.

use super::node::Node;
use super::{Reader, Rule};
use crate::syntax::ast::{TypeExpr, TypeKind, TypedName};

impl<'a> Reader<'a> {
    /// The type in a node that holds one.
    pub(super) fn type_in(&self, node: &Node<'a>) -> Option<TypeExpr> {
        node.get(Rule::type_expr).and_then(|t| self.type_expr(&t))
    }

    fn type_expr(&self, node: &Node<'a>) -> Option<TypeExpr> {
        let inner = node.first()?;
        let kind = match inner.rule() {
            Rule::type_record => TypeKind::Record(self.typed_names(&inner)),
            Rule::type_list => TypeKind::List(Box::new(self.type_in(&inner)?)),
            Rule::type_yes_no => TypeKind::YesNo,
            Rule::type_choice => TypeKind::Choice(self.names(&inner)),
            _ => TypeKind::Name(self.name(&inner)?),
        };
        Some(TypeExpr { kind, optional: node.has(Rule::optional_mark), span: self.span(node) })
    }

    pub(super) fn typed_names(&self, node: &Node<'a>) -> Vec<TypedName> {
        node.all(Rule::typed_name).filter_map(|n| Some(TypedName { name: self.name(&n)?, ty: self.type_in(&n)? })).collect()
    }
}
