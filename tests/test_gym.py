"""The environment of Gymnasium: it keeps the contract, and an episode is judged as a session is."""

import json
import warnings
from pathlib import Path
from typing import Any

import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env

import awmc
from awmc.gym import ID, WorldEnv
from awmc.runtime import BuildError, UnknownTask, World

BUILD = Path(__file__).resolve().parent.parent / "build" / "clinic"


@pytest.fixture(scope="module")
def world() -> World:
    return awmc.load(BUILD)


@pytest.mark.parametrize("build", ["clinic", "food_delivery"])
def test_it_keeps_the_contract(build: str) -> None:
    env = gymnasium.make(f"awmc.gym:{ID}", world=BUILD.parent / build, render_mode="ansi")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped)
    env.close()


@pytest.mark.parametrize("as_text", [True, False])
def test_solutions_are_rewarded_at_their_end(world: World, as_text: bool) -> None:
    env = WorldEnv(world)
    for task in world.tasks:
        observation, info = env.reset(options={"task": task.id})
        assert observation == task.instruction
        assert info["task"] == task.id
        assert [tool["name"] for tool in info["tools"]] == [tool.name for tool in world.tools]
        with world.session(task.id) as session:
            assert info["policy"] == session.policy
            for call in task.oracle:
                action = {"tool": call["tool"], "arguments": call["arguments"]}
                given: Any = json.dumps(action) if as_text else action
                expected = session.call(call["tool"], call["arguments"]).text
                assert env.step(given) == (expected, 0.0, False, False, {})
        answer = {"answer": task.answer or "Done."}
        *_, reward, terminated, truncated, info = env.step(json.dumps(answer) if as_text else answer)
        assert (reward, terminated, truncated) == (1.0, True, False)
        assert info["verdict"] == {"reward": 1.0, "score": 1.0, "passed": True, "reasons": []}
    env.close()


def test_a_text_that_is_no_object_is_the_final_message(world: World) -> None:
    task = next(task for task in world.tasks if task.answer and not any(_writes(world, task)))
    env = WorldEnv(world, task=task.id)
    assert task.answer is not None
    for message in (task.answer, json.dumps(task.answer), f"Answer: {task.answer}"):
        env.reset()
        observation, reward, terminated, _, _ = env.step(message)
        assert (observation, reward, terminated) == ("", 1.0, True)


def _writes(world: World, task: Any) -> list[str]:
    return [call["tool"] for call in task.oracle if world.definitions[call["tool"]].writes]


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ({"tool": "fly", "arguments": {}}, "unknown_tool"),
        ('{"tool": "list_doctors", "arguments": [1]}', "invalid_action"),
        ({"tool": 7}, "invalid_action"),
        ("{}", "invalid_action"),
        ({"tool": "list_doctors", "arguments": {"no_such": 1}}, "invalid_arguments"),
        ({"answer": 7}, "invalid_action"),
    ],
)
def test_a_wrong_action_is_answered_and_the_episode_goes_on(world: World, action: Any, code: str) -> None:
    env = WorldEnv(world)
    env.reset(seed=1)
    observation, reward, terminated, truncated, _ = env.step(action)
    assert json.loads(observation)["error"]["code"] == code
    assert (reward, terminated, truncated) == (0.0, False, False)
    assert env.step({"tool": "list_doctors"})[0].startswith('{"items":')


def test_an_episode_is_truncated_and_judged_as_it_stands(world: World) -> None:
    task = next(task for task in world.tasks if task.answer is None)
    env = WorldEnv(world, task=task.id, max_calls=len(task.oracle), reward="score")
    for calls, whole in ((task.oracle, True), (task.oracle[:1] * len(task.oracle), False)):
        env.reset()
        last: Any = None
        for call in calls:
            last = env.step({"tool": call["tool"], "arguments": call["arguments"]})
        observation, reward, terminated, truncated, info = last
        assert observation
        assert (terminated, truncated, info["verdict"]["passed"]) == (False, True, whole)
        assert (reward == 1.0) == whole
        with pytest.raises(RuntimeError, match="reset comes first"):
            env.step("more")


def test_seeds_choose_the_task(world: World) -> None:
    drawn = [[_task(WorldEnv(world), seed) for seed in range(40)] for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert set(drawn[0]) == {task.id for task in world.tasks}
    two = [task.id for task in world.tasks[:2]]
    assert {_task(WorldEnv(world, task=two), seed) for seed in range(20)} == set(two)


def _task(env: WorldEnv, seed: int) -> str:
    task: str = env.reset(seed=seed)[1]["task"]
    # What follows the first episode is drawn by the seed too.
    following = [env.reset()[1]["task"] for _ in range(3)]
    env.reset(seed=seed)
    assert [env.reset()[1]["task"] for _ in range(3)] == following
    env.close()
    return task


def test_environments_side_by_side() -> None:
    envs = gymnasium.make_vec(f"awmc.gym:{ID}", num_envs=3, vectorization_mode="sync", world=BUILD)
    observations, _ = envs.reset(seed=5)
    assert len(observations) == 3
    actions: Any = ['{"tool": "list_doctors"}'] * 3
    answers, rewards, *_ = envs.step(actions)
    assert len(set(answers)) == 1
    assert list(rewards) == [0.0] * 3
    envs.close()


def test_what_cannot_be_made_is_told(world: World, tmp_path: Path) -> None:
    with pytest.raises(UnknownTask, match=r"Unknown task: fly\. The tasks are: "):
        WorldEnv(world, task="fly")
    with pytest.raises(ValueError, match="an episode has one call or more, not 0"):
        WorldEnv(world, max_calls=0)
    with pytest.raises(ValueError, match="the verdict's reward or score, not points"):
        WorldEnv(world, reward="points")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="has no task to set"):
        WorldEnv(world, task=[])
    with pytest.raises(BuildError, match="Compile a spec first"):
        WorldEnv(tmp_path / "nowhere")
    with pytest.raises(UnknownTask):
        WorldEnv(world).reset(options={"task": "fly"})
