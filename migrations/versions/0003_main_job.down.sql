alter policy review_due_for_worker on review using ((select app_clinic()) is null and state <> 'decided');
alter table review drop column valid_until;
