-- The owner is subject to row-level security like everybody else, and has no clinic.
alter table finding no force row level security;
alter table screening no force row level security;
alter table response_revision no force row level security;
alter table response no force row level security;
delete from finding f using response r
    where r.clinic_id = f.clinic_id and r.response_id = f.response_id and r.kind = 'check_in';
delete from screening s using response r
    where r.clinic_id = s.clinic_id and r.response_id = s.response_id and r.kind = 'check_in';
delete from response_revision v using response r
    where r.clinic_id = v.clinic_id and r.response_id = v.response_id and r.kind = 'check_in';
delete from response where kind = 'check_in';
alter table finding force row level security;
alter table screening force row level security;
alter table response_revision force row level security;
alter table response force row level security;
alter table screening alter column disposition set not null;
drop index response_one_open_draft, response_one_open_check_in, response_to_finish, response_check_ins;
alter table response
    drop constraint response_only_check_ins_have_threads,
    drop column kind,
    drop column thread_id,
    drop column finish_due_at;
create unique index response_one_open_draft on response (clinic_id, patient_id, questionnaire_url)
    where state = 'draft';
drop table check_in_due, procedure;
