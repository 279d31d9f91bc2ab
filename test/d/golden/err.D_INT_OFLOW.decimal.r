dtrace: failed to compile script err.D_INT_OFLOW.decimal.d: [D_INT_OFLOW] line 3: integer constant 0x8000000000000000 does not fit any integer type
    	trace(9223372036854775808);
    	      ^~~~~~~~~~~~~~~~~~~
    hint: write it with the suffix u, as an unsigned constant
