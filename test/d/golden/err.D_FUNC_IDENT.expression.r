dtrace: failed to compile script err.D_FUNC_IDENT.expression.d: [D_FUNC_IDENT] line 3: function designator is not of function type
    	(pid)(1);
    	     ^
    hint: only a function can be called, by its name
