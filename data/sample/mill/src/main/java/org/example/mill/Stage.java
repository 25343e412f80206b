package org.example.mill;

import java.util.Objects;

/**
 * A step that makes something of something else, such as cleaning, tempering or grinding.
 *
 * @param <I> what goes in
 * @param <O> what comes out
 */
@FunctionalInterface
public interface Stage<I, O> {

    /**
     * Works on one input.
     *
     * @throws StageException if the input cannot be worked on
     */
    O apply(I input) throws StageException;

    /** This stage followed by another. */
    default <N> Stage<I, N> then(Stage<? super O, ? extends N> next) {
        Objects.requireNonNull(next, "next");
        return input -> next.apply(apply(input));
    }

    /** A stage that hands on what it gets. */
    static <T> Stage<T, T> identity() {
        return input -> input;
    }

    /** A stage that lets pass what a test accepts. */
    static <T> Stage<T, T> require(java.util.function.Predicate<? super T> test, String reason) {
        return input -> {
            if (!test.test(input)) {
                throw new StageException(reason + ": " + input);
            }
            return input;
        };
    }

    /** Says why a stage refused its input. */
    final class StageException extends Exception {
        private static final long serialVersionUID = 1L;

        public StageException(String message) {
            super(message);
        }
    }
}
