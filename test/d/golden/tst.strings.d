#pragma D option quiet

BEGIN
{
	this->s = "abc";
	printf("%d %d %d\n", this->s == "abc", this->s < "abd", this->s > "ab");
	this->s = this->s != "abc" ? "same" : "other text";
	printf("%s\n", this->s);
	seen["abc"] = 1;
	printf("%d %d\n", seen["abc"], seen["abcd"]);
	exit(0);
}
