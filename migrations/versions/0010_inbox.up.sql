-- The clinic's inbox is read by how long threads have waited; those that wait for nothing come last.
create index thread_inbox on thread (clinic_id, coalesce(waiting_since, 'infinity'), thread_id);
