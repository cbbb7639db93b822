alter table escalation drop column link_ids;
