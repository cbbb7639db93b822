drop index message_from_patients, escalation_by_time, level_change_by_time;
alter table escalation_event drop column missed;
alter table message drop column read_due_at;
drop table message_reading;
