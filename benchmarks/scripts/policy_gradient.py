"""REINFORCE on a pole that is to be balanced; the physics is written out here."""

import math
import random

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.distributions import Categorical

torch.manual_seed(543)
random.seed(543)


class CartPole:
    """Barto, Sutton and Anderson's cart and pole (1983)."""

    def reset(self):
        self.state = np.array([random.uniform(-0.05, 0.05) for _ in range(4)])
        self.steps = 0
        return self.state

    def step(self, action):
        x, v, angle, spin = self.state
        force = 10.0 if action == 1 else -10.0
        sin, cos = math.sin(angle), math.cos(angle)
        common = (force + 0.05 * spin**2 * sin) / 1.1
        spin_change = (9.8 * sin - cos * common) / (0.5 * (4 / 3 - 0.1 * cos**2 / 1.1))
        v_change = common - 0.05 * spin_change * cos / 1.1
        self.state = np.array([x + 0.02 * v, v + 0.02 * v_change, angle + 0.02 * spin, spin + 0.02 * spin_change])
        self.steps += 1
        fallen = abs(self.state[0]) > 2.4 or abs(self.state[2]) > 0.21
        return self.state, 1.0, fallen or self.steps >= 200


class Policy(nn.Module):
    def __init__(self):
        super(Policy, self).__init__()
        self.affine1 = nn.Linear(4, 128)
        self.dropout = nn.Dropout(p=0.3)
        self.affine2 = nn.Linear(128, 2)
        self.saved_log_probs = []
        self.rewards = []

    def forward(self, x):
        x = F.relu(self.dropout(self.affine1(x)))
        return F.softmax(self.affine2(x), dim=1)


policy = Policy()
optimizer = optim.Adam(policy.parameters(), lr=1e-2)
eps = np.finfo(np.float32).eps.item()


def select_action(state):
    state = torch.from_numpy(state).float().unsqueeze(0)
    m = Categorical(policy(state))
    action = m.sample()
    policy.saved_log_probs.append(m.log_prob(action))
    return action.item()


def finish_episode():
    R, policy_loss, returns = 0, [], []
    for r in policy.rewards[::-1]:
        R = r + 0.99 * R
        returns.insert(0, R)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + eps)
    for log_prob, R in zip(policy.saved_log_probs, returns):
        policy_loss.append(-log_prob * R)
    optimizer.zero_grad()
    torch.cat(policy_loss).sum().backward()
    optimizer.step()
    del policy.rewards[:]
    del policy.saved_log_probs[:]


# As many steps on every run: the episodes are of different length, and there are as many as fit.
env, running_reward, steps, episode = CartPole(), 10, 0, 0
while steps < 8000:
    state, ended = env.reset(), False
    while not ended:
        state, reward, ended = env.step(select_action(state))
        policy.rewards.append(reward)
        steps += 1
    running_reward = 0.05 * len(policy.rewards) + 0.95 * running_reward
    finish_episode()
    episode += 1
    if episode % 50 == 0:
        print(f"Episode {episode}\tsteps {steps}\tAverage reward: {running_reward:.2f}")
print(f"{steps} steps, average reward {running_reward:.1f}")
