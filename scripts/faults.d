#!/usr/bin/env -S dtrace -s
/*
 * faults.d: what becomes of a clause that cannot go on.
 *
 *   dtrace -s scripts/faults.d
 *
 * Feature: the fault ends its clause and fires dtrace:::ERROR, where arg1 is the enabled probe, arg2 the action in it,
 * arg4 the kind of fault and arg5 the address. The other clauses of the probe run.
 */

BEGIN
{
	trace(*(int *)64);
	trace("never recorded");
}

ERROR
{
	printf("enabling %d, action %d: fault %d at address %d", arg1, arg2, arg4, arg5);
}

BEGIN
{
	exit(0);
}
