drop policy proxy_grant_ended_by_patient on proxy_grant;
drop policy proxy_grant_read_by_patient on proxy_grant;
drop policy patient_contact_by_patient on patient;
drop policy account_changed_by_owner on account;
revoke update on proxy_grant from portico_app;
grant update on proxy_grant to portico_app;
drop index proxy_grant_by_patient;
alter table proxy_grant
    drop constraint proxy_grant_ended_says_by_whom_and_why,
    drop column proxy_name, drop column ended_by, drop column ended_at, drop column end_reason;
drop table factor_recovery, email_change, recovery_code, account_contact;
alter table credential drop column next_seed_sealed;
alter table session drop column device, drop column stepped_up_at;
alter table account drop column language;
