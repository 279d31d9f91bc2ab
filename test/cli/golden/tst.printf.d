/* @status 0 */
#pragma D option quiet

BEGIN
{
	printf("%d|%5d|%-5d|%05d|%+d|% d|%x|%#x|%X|%o|%#o|%u|%c|%%\n", -5, 42, 42, 42, 42, 42, 255, 255, 255, 8, 8, -1, 'A');
	printf("%s|%10s|%-10s|%.2s|%*d|%i\n", "abc", "abc", "abc", "abc", 6, 7, 8);
	printf("%hhd %hd %ld %lld %lx %p\n", 1, 2, 3, 4, 5, 6);
	printf("no conversion\n");
	printf("tab\there \"quoted\" \\ \x41 \101\n");
	exit(0);
}
