-- What the clinic's figures are counted from. Deploy step: expand.

-- The first reading of a patient's message by anybody of the staff: one row per message, never changed. It does not say
-- by whom: that stands in read marks and in the audit record. `sent_at` is the message's own, for figures of a period.
create table message_reading (
    clinic_id uuid not null,
    message_id uuid not null,
    thread_id uuid not null,
    patient_id uuid not null,
    sent_at timestamptz not null,
    read_at timestamptz not null,
    primary key (clinic_id, message_id),
    foreign key (clinic_id, message_id, thread_id, patient_id)
        references message (clinic_id, message_id, thread_id, patient_id)
);

-- By when somebody was to have read it, as the clinic's calendar stood when it was sent; a message is never changed.
alter table message add column read_due_at timestamptz;

-- Which time had passed when this step was taken, whether or not a worker had noticed.
alter table escalation_event add column missed text
    constraint escalation_event_missed_is_known check (missed in ('acknowledgement', 'contact'));
-- The owner is subject to row-level security like everybody else, and has no clinic.
alter table escalation_event no force row level security;
update escalation_event
set missed = case kind when 'deadline_passed' then 'acknowledgement' else 'contact' end
where actor_id is null and kind in ('deadline_passed', 'contact_time_passed');
alter table escalation_event force row level security;

create index message_from_patients on message (clinic_id, sent_at) where from_patient;
create index message_reading_by_time on message_reading (clinic_id, sent_at) include (message_id, read_at);
create index escalation_by_time on escalation (clinic_id, raised_at);
create index level_change_by_time on level_change (clinic_id, changed_at);

alter table message_reading enable row level security;
alter table message_reading force row level security;
create policy message_reading_within_clinic on message_reading
    using (clinic_id = (select app_clinic()) and (select app_kind() in ('staff', 'worker')))
    with check (clinic_id = (select app_clinic()) and (select app_kind() in ('staff', 'worker')));

grant select, insert on message_reading to portico_app;
