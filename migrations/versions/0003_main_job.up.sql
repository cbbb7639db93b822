-- A decided review whose intake is to be relied on at a visit goes back to the queue when the intake has become too old.

alter table review add column valid_until timestamptz;
create index review_valid_until on review (valid_until) where valid_until is not null;

alter policy review_due_for_worker on review
    using ((select app_clinic()) is null and (state <> 'decided' or valid_until is not null));
