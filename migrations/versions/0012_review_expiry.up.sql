-- Decisions to go on from before step 3, which brought `valid_until`, are given it, as the program gives it to new ones: so
-- many days from the answers, from the decision for answers that were older already. Deploy step: backfill.

-- The owner is subject to row-level security like everybody else, and has no clinic.
alter table review no force row level security;
alter table decision no force row level security;
alter table response_revision no force row level security;
alter table clinic_setting no force row level security;

-- `intake.valid_days` counts once somebody confirmed it; 30 is what it was declared to be without that when this was written.
update review r
set valid_until = case
    when v.submitted_at + make_interval(hours => 24 * coalesce(s.confirmed_value, '30')::integer) > d.decided_at
    then v.submitted_at + make_interval(hours => 24 * coalesce(s.confirmed_value, '30')::integer)
    else d.decided_at + make_interval(hours => 24 * coalesce(s.confirmed_value, '30')::integer)
end
from decision d
join response_revision v on v.clinic_id = d.clinic_id and v.response_id = d.response_id and v.revision = d.response_revision
left join clinic_setting s on s.clinic_id = d.clinic_id and s.key = 'intake.valid_days'
where r.clinic_id = d.clinic_id and r.response_id = d.response_id and r.response_revision = d.response_revision
    and r.state = 'decided' and r.valid_until is null and d.decision = 'proceed'
    and not exists (
        select from decision later
        where later.clinic_id = d.clinic_id and later.response_id = d.response_id and later.decided_at > d.decided_at);

alter table review force row level security;
alter table decision force row level security;
alter table response_revision force row level security;
alter table clinic_setting force row level security;

alter table review add constraint review_grows_old_only_once_decided check (state = 'decided' or valid_until is null);

-- The patient is asked to finish an intake too, before it is erased; drafts of now are asked for from their next save on.
alter table response drop constraint response_only_check_ins_have_threads;
alter table response add constraint response_only_check_ins_have_threads check (kind = 'check_in' or thread_id is null);
