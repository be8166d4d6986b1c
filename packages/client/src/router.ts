import type { AppRouter as ApiRouter } from '@roomlog/api'
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'

/** The api's procedures, as types alone. */
export type AppRouter = ApiRouter

/** What each procedure takes: `RoomlogInputs['room']['create']`. */
export type RoomlogInputs = inferRouterInputs<AppRouter>

/** What each procedure answers. */
export type RoomlogOutputs = inferRouterOutputs<AppRouter>
