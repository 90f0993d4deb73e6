"""A training step whose loss goes to NaN, and the same with one line more."""

import jax
import jax.numpy as jnp
import numpy as np

import jaxpeep


def loss(weights, images, labels):
    scores = jnp.exp(images @ weights)
    chances = scores / jnp.sum(scores, axis=-1, keepdims=True)
    return -jnp.mean(jnp.log(chances)[jnp.arange(len(labels)), labels])


def train(loss, steps=20):
    random = np.random.default_rng(0)
    images = jnp.asarray(random.normal(size=(64, 16)) * 20.0, jnp.float32)
    labels = jnp.argmax(images[:, :4], axis=-1)
    weights, slope = jnp.zeros((16, 4)), jax.jit(jax.value_and_grad(loss))
    for _ in range(steps):
        value, gradient = slope(weights, images, labels)
        weights = weights - 0.5 * gradient
    return float(value)


print("as written:", train(loss))
print("improved:  ", train(jaxpeep.improve(loss)))
