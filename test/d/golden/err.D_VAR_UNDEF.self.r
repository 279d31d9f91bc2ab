dtrace: failed to compile script err.D_VAR_UNDEF.self.d: [D_VAR_UNDEF] line 3: self->ts is neither declared nor assigned before this
    	trace(self->ts);
    	      ^~~~~~~~
