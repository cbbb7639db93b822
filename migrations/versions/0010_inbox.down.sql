drop index thread_inbox;
