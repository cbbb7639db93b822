drop index notification_undelivered;
alter table notification drop column channel;
drop table notification_choice;
drop table attachment;
