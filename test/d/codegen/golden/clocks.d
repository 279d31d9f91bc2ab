profile:::tick-1s
{
	printf("%d %d %d %d", timestamp, vtimestamp, walltimestamp, ipl);
}
