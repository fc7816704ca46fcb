//! Checks of access: whose objects an identity can reach.

mod bodies;
mod cross_tenant;
mod foreign_reference;
mod granted_refused;
mod list_filter;
mod mass_assignment;
mod others_shown;
mod own_writes;
mod plan_case;
mod read_other_tenant;
mod role_denied;
mod roles;
mod tenant_selector;
mod uncovered_operation;
mod write_other_tenant;

use gate_check::Check;

pub use foreign_reference::ForeignReference;
pub use granted_refused::GrantedRefused;
pub use list_filter::ListFilter;
pub use mass_assignment::MassAssignment;
pub use plan_case::PlanCase;
pub use read_other_tenant::ReadOtherTenant;
pub use role_denied::RoleDenied;
pub use tenant_selector::TenantSelector;
pub use uncovered_operation::UncoveredOperation;
pub use write_other_tenant::WriteOtherTenant;

/// The checks of this family.
pub fn checks() -> Vec<Box<dyn Check>> {
    vec![
        Box::new(ReadOtherTenant::new()),
        Box::new(WriteOtherTenant::new()),
        Box::new(ForeignReference::new()),
        Box::new(MassAssignment::new()),
        Box::new(ListFilter::new()),
        Box::new(TenantSelector::new()),
        Box::new(RoleDenied::new()),
        Box::new(GrantedRefused::new()),
        Box::new(PlanCase::new()),
        Box::new(UncoveredOperation::new()),
    ]
}
