dtrace: failed to compile script err.D_OP_INCOMPAT.pointers.d: [D_OP_INCOMPAT] line 3: operands are of incompatible types: "int *" == "char *"
    	trace((int *)arg0 == (char *)arg1);
    	      ^~~~~~~~~~~~~~~~~~~~~~~~~~~
