dtrace: failed to compile script err.D_OP_INCOMPAT.compare.d: [D_OP_INCOMPAT] line 3: operands are of incompatible types: "pid_t" == "string"
    	trace(pid == "1");
    	      ^~~~~~~~~~
