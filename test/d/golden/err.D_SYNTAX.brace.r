dtrace: failed to compile script err.D_SYNTAX.brace.d: [D_SYNTAX] line 3: syntax error near end of input: expected "}" at the end of the clause
    	trace(1);
    	         ^
    line 2: the clause opens here
    {
    ^
