/* @status 0 */
int8_t i8; uint8_t u8; int16_t i16; uint16_t u16; int32_t i32; uint32_t u32; int64_t i64; uint64_t u64;

BEGIN
{
	i8 = -1; u8 = 255; i16 = -2; u16 = 65535; i32 = -3; u32 = 4294967295; i64 = -4; u64 = -1;
	trace(i8); trace(u8); trace(i16); trace(u16); trace(i32); trace(u32); trace(i64); trace(u64);
	trace("string"); trace("");
	exit(0);
}
