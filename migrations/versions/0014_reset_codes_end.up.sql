-- Whoever proved the password, or reads the new address, withdraws the codes that went out before. Deploy step: expand.

create policy password_reset_of_account on password_reset for select
    using (clinic_id = (select app_clinic()) and (select app_kind() = 'anonymous')
        and account_id::text = (select app_actor()));
create policy password_reset_withdrawn_by_owner on password_reset for update
    using (clinic_id = (select app_clinic()) and (select app_kind() = 'anonymous')
        and account_id::text = (select app_actor()))
    with check (clinic_id = (select app_clinic()) and (select app_kind() = 'anonymous')
        and account_id::text = (select app_actor()) and state = 'withdrawn');
