dtrace: failed to compile script err.D_PRINTF_ARG_TYPE.aggregation.d: [D_PRINTF_ARG_TYPE] line 4: printf( ) argument #2 is incompatible with conversion #1 prototype:
	conversion: %d
	 prototype: char, short, int, long, or long long
	  argument: aggregation
    	printf("%d", @a);
    	             ^~
    hint: the value of @a is known to printa() only
